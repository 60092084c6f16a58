/** Notebooks of the person's own, in the database. */
import { z } from 'zod';
import type { Database } from '../checkpoints/database.ts';
import { collection } from '../checkpoints/records.ts';
import type { NotebookInfo } from './protocol.ts';

const schema = z.object({ id: z.string(), title: z.string(), source: z.string(), updatedAt: z.number() });
type StoredNotebook = z.infer<typeof schema>;

export class NotebookStore {
  private readonly notebooks;

  constructor(database: Database) {
    this.notebooks = collection<StoredNotebook>(database, 'notebooks', (value) => schema.parse(value));
  }

  /** The newest first. */
  async list(): Promise<NotebookInfo[]> {
    const all = await this.notebooks.list();
    return all
      .map(({ id, title, updatedAt }) => ({ id, title, updatedAt }))
      .sort((a, b) => b.updatedAt - a.updatedAt);
  }

  async get(id: string): Promise<StoredNotebook | null> {
    return (await this.notebooks.get(id)) ?? null;
  }

  async put({ id, title, source }: { id: string; title: string; source: string }): Promise<NotebookInfo> {
    const updatedAt = Date.now();
    await this.notebooks.put({ id, title, source, updatedAt });
    return { id, title, updatedAt };
  }

  remove(id: string): Promise<void> {
    return this.notebooks.remove(id);
  }
}
