/** Hand a file to the person, and read the names that files may safely carry. */

/**
 * Save bytes or text under a name. Inside the sandboxed notebook frame the sandbox must allow downloads;
 * where it does not, the frame's owner listens for `file-export` and saves instead.
 */
export function download(name: string, content: Blob | string, type = 'text/plain;charset=utf-8'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName(name);
  link.click();
  // The browser reads the address after this turn; a minute is past any of them.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A name without what file systems refuse, never empty, never longer than 120 characters. */
export function fileName(name: string): string {
  const safe = name
    .normalize('NFC')
    .replace(/[\u0000-\u001f\u007f<>:"/\\|?*]+/g, '-')
    .replace(/^[.\s-]+|[.\s-]+$/g, '');
  const dot = safe.lastIndexOf('.');
  const ending = dot > 0 && safe.length - dot <= 9 ? safe.slice(dot) : '';
  return (safe.slice(0, safe.length - ending.length).slice(0, 120 - ending.length) || 'untitled') + ending;
}

/** `Does it learn? (2)` → `does-it-learn-2`: a file's name from a title. */
export function slug(title: string): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .match(/[\p{L}\p{N}]+/gu);
  return words?.join('-').slice(0, 80) ?? 'untitled';
}
