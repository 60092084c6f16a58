/** The studies and lessons that come with amuro, by the name of their file: a new file in notebooks/ is listed here. */
const files: Readonly<Record<string, string>> = import.meta.glob<string>('../../notebooks/*.html', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Source by id; the id is the file's name without its ending. */
export const bundledNotebooks: ReadonlyMap<string, string> = new Map(
  Object.entries(files).map(([path, source]) => [
    path.slice(path.lastIndexOf('/') + 1, -'.html'.length),
    source,
  ]),
);
