/**
 * What the notebook's frame and the page say to each other, over one MessagePort that the page hands over. Plain data.
 * The frame runs code that somebody else may have written: the page checks every message against these schemas.
 */
import { z } from 'zod';
import { frameMethods, type EngineEvent } from '../worker/protocol.ts';
import type { NotebookSettings } from './builtins.ts';
import type { CellOutcome } from './cell-state.ts';

/** The message that carries the port; the only one that is not sent through it. */
export const PORT_MESSAGE = 'amuro-notebook-port';

/** A figure of the notebook as files. */
export interface FigureFile {
  readonly name: string;
  readonly svg: string;
  /** PNG bytes at twice the figure's size, base64. */
  readonly png: string;
  readonly csv: string;
}

/** What the page asks the frame, with the answer's type. */
export interface Answers {
  readonly runAll: readonly CellOutcome[];
  readonly figures: readonly FigureFile[];
  readonly report: string;
}
export type Question = keyof Answers;

export type PageMessage =
  | {
      readonly type: 'open';
      /** The page's name for this notebook; what the frame says of its text carries it back. */
      readonly key: string;
      readonly source: string;
      /** A null profile leaves the choice to the notebook. */
      readonly settings: Omit<NotebookSettings, 'profile'> & {
        readonly profile: NotebookSettings['profile'] | null;
      };
      readonly readOnly: boolean;
    }
  | { readonly type: 'theme'; readonly dark: boolean }
  | { readonly type: 'stop' }
  | { readonly type: 'reveal'; readonly cell: number }
  /** Puts a code cell at the end and runs it: what the person has just asked the page for, as code. */
  | { readonly type: 'append'; readonly source: string }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  | { readonly type: 'reply'; readonly id: number; readonly result: unknown }
  | {
      readonly type: 'reply';
      readonly id: number;
      readonly error: { readonly name: string; readonly message: string };
    }
  | { readonly type: 'event'; readonly event: EngineEvent }
  | { readonly type: 'ping'; readonly id: number };

const text = (characters: number) => z.string().max(characters);
const id = z.number().int().nonnegative();
const bytes = z.instanceof(ArrayBuffer);
const error = z.object({ name: text(200), message: text(20_000) });

/** What of a keyboard event decides a shortcut. */
const keyPressSchema = z.object({
  key: text(40),
  ctrlKey: z.boolean(),
  metaKey: z.boolean(),
  shiftKey: z.boolean(),
  altKey: z.boolean(),
});
export type KeyPress = Readonly<z.infer<typeof keyPressSchema>>;

/** Most that a report or a notebook may hold; a file may hold more, as bytes. */
const MAX_TEXT = 100_000_000;

export const answerSchemas = {
  runAll: z.array(
    z.object({
      cell: id,
      status: z.enum(['done', 'error', 'blocked', 'stopped']),
      seconds: z.number().nonnegative(),
      message: text(20_000).nullable(),
    }),
  ),
  figures: z
    .array(z.object({ name: text(200), svg: text(MAX_TEXT), png: text(MAX_TEXT), csv: text(MAX_TEXT) }))
    .max(1000),
  report: text(MAX_TEXT),
} as const satisfies { readonly [Q in Question]: z.ZodType<Answers[Q]> };

export const frameMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('request'), id, method: z.enum(frameMethods), params: z.unknown() }),
  z.object({ type: z.literal('source'), key: text(500), source: text(MAX_TEXT) }),
  z.object({ type: z.literal('running'), running: z.boolean() }),
  z.object({ type: z.literal('key'), press: keyPressSchema }),
  z.object({ type: z.literal('file'), name: text(200), mime: text(200), bytes }),
  /** Files are held over the notebook: only the page may read what is in a folder. */
  z.object({ type: z.literal('drag') }),
  z.object({
    type: z.literal('drop'),
    files: z.array(z.object({ path: text(2000), file: z.instanceof(File) })).max(2000),
  }),
  z.object({ type: z.literal('answer'), id, result: z.unknown() }),
  z.object({ type: z.literal('failure'), id, error }),
  z.object({ type: z.literal('pong'), id }),
]);
export type FrameMessage = z.infer<typeof frameMessageSchema>;
