/** The fields that a spec may have, read from its schema: for completion, and to suggest a name for a misspelt one. */
import { z } from 'zod';
import {
  evaluateSchema,
  finetuneSchema,
  importSchema,
  pretrainSchema,
  tokenizerSchema,
} from '../experiments/spec.ts';

export interface SpecField {
  readonly name: string;
  /** Kind of value and default, e.g. `number = 0.1`. */
  readonly detail: string;
  readonly doc: string;
}

const schemasByCall: Readonly<Record<string, z.ZodType>> = {
  pretrain: pretrainSchema,
  finetune: finetuneSchema,
  evaluate: evaluateSchema,
  importModel: importSchema,
  tokenize: tokenizerSchema,
};

/** Fields of the object at a path of the argument of an API call; none for other calls. */
export function specFields(call: string, path: readonly string[]): readonly SpecField[] {
  const schema = schemasByCall[call];
  return schema ? fieldsAt(schema, path).filter(({ name }) => name !== 'kind') : [];
}

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** The fields of the object at a path within a schema; list indices may stand in the path or be left out. */
export function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly SpecField[] {
  let at = variants([z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema]);
  for (const key of path) {
    if (typeof key === 'number') continue;
    at = variants(
      at.flatMap(({ properties }) => (properties?.[String(key)] ? [properties[String(key)]!] : [])),
    );
  }
  const fields = at.flatMap(({ properties = {} }) => Object.entries(properties));
  return [...new Map(fields)].map(([name, field]) => ({
    name,
    detail: detailOf(field),
    doc: field.description ?? '',
  }));
}

/** The schemas themselves, their alternatives, and what lists of them hold. */
function variants(schemas: readonly JsonSchema[]): JsonSchema[] {
  return schemas.flatMap((schema) => [
    schema,
    ...variants([...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.items ? [schema.items] : [])]),
  ]);
}

function detailOf({ type, const: only, enum: choices, anyOf, default: value }: JsonSchema): string {
  const kinds = anyOf?.map((each) => each.type).join(' or ');
  const kind =
    only !== undefined
      ? JSON.stringify(only)
      : (choices?.map((each) => JSON.stringify(each)).join(' | ') ?? type ?? kinds ?? '');
  return value === undefined ? kind : `${kind} = ${JSON.stringify(value)}`;
}
