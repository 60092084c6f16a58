/** Text that UTF-8 can hold: half surrogate pairs, which JavaScript strings may contain, become U+FFFD. */

/** The text with every unpaired surrogate replaced by U+FFFD, as encoding it to UTF-8 and back would do. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
