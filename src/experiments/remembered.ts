/** A promise kept by key; a failure is forgotten, so that it can be tried again. */
export function remember<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let promise = kept.get(key);
  if (!promise) {
    promise = make();
    promise.catch(() => kept.delete(key));
    kept.set(key, promise);
  }
  return promise;
}
