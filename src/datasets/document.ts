/** A document: text with an id and flat metadata, as it is read from a dataset file and shown to people. */

export type Metadata = Readonly<Record<string, string | number>>;

export interface Document {
  readonly id: string;
  readonly text: string;
  readonly metadata: Metadata;
}

/** A dataset that cannot be used as it is; the message says where it is wrong and what to do. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
}
