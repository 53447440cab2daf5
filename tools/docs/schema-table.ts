import type { JsonSchema } from './json-schema.ts';
import { code, table } from './markdown.ts';

interface Row {
  readonly field: string;
  readonly type: string;
  readonly required: string;
  readonly rules: string;
}

const number = (value: number | undefined, text: (value: number) => string): string[] =>
  value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER ? [] : [text(value)];

const typeOf = (schema: JsonSchema): string => {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.const !== undefined) return code(JSON.stringify(schema.const).replaceAll('"', ''));
  if (schema.type === 'array') return `array of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`;
  if (schema.type === undefined) return variantsOf(schema).length > 0 ? 'object' : 'anything';
  return schema.format === undefined ? schema.type : `${schema.type} (${schema.format})`;
};

/** Formats bring patterns of their own, which say nothing more to a reader. */
const rulesOf = (schema: JsonSchema): string[] => [
  ...(schema.description === undefined ? [] : [schema.description]),
  ...(schema.default === undefined ? [] : [`default ${code(JSON.stringify(schema.default))}`]),
  ...(schema.pattern === undefined || schema.format !== undefined ? [] : [`matches ${code(schema.pattern)}`]),
  ...number(schema.minLength, (value) => (value === 1 ? 'not empty' : `at least ${String(value)} characters`)),
  ...number(schema.maxLength, (value) => `at most ${String(value)} characters`),
  ...number(schema.minimum, (value) => `at least ${String(value)}`),
  ...number(schema.exclusiveMinimum, (value) => `more than ${String(value)}`),
  ...number(schema.maximum, (value) => `at most ${String(value)}`),
  ...number(schema.minItems, (value) => `at least ${String(value)} items`),
  ...number(schema.maxItems, (value) => `at most ${String(value)} items`),
  ...(schema.type === 'array' && schema.items !== undefined ? rulesOf(schema.items).map((rule) => `each ${rule}`) : []),
];

const variantsOf = (schema: JsonSchema): readonly JsonSchema[] => schema.oneOf ?? schema.anyOf ?? [];

/** What tells one variant of a union from the others: its constant fields. */
function distinctionOf(variant: JsonSchema): string {
  const constants = Object.entries(variant.properties ?? {}).filter(
    ([, schema]) => schema.const !== undefined || schema.enum !== undefined,
  );
  const [name, schema] = constants[0] ?? [];
  if (name === undefined || schema === undefined) return '';
  return `${name}: ${(schema.enum ?? [schema.const]).map(String).join(' or ')}`;
}

function nested(schema: JsonSchema, path: string): Row[] {
  const element = schema.type === 'array' ? schema.items : schema;
  const elementPath = schema.type === 'array' ? `${path}[]` : path;
  if (element === undefined) return [];
  const variants = variantsOf(element).flatMap((variant) =>
    rowsOf(variant, elementPath).map((row) => ({ ...row, field: `${row.field} (${distinctionOf(variant)})` })),
  );
  return [...rowsOf(element, elementPath), ...variants];
}

function rowsOf(schema: JsonSchema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const field = prefix === '' ? name : `${prefix}.${name}`;
    const row = {
      field,
      type: typeOf(property),
      required: schema.required?.includes(name) === true ? 'yes' : '',
      rules: rulesOf(property).join('; '),
    };
    return [row, ...nested(property, field)];
  });
}

/** The fields of a schema as a Markdown table; nested fields with their path. */
export function schemaTable(schema: JsonSchema): string {
  const rows = schema.properties === undefined ? nested({ ...schema, type: 'object' }, '') : rowsOf(schema, '');
  if (rows.length === 0) return 'No fields.';
  return table(
    ['Field', 'Type', 'Required', 'Rules'],
    rows.map(({ field, type, required, rules }) => [fieldText(field), type, required, rules]),
  );
}

function fieldText(field: string): string {
  const [name = '', ...conditions] = field.split(' (');
  return [code(name), ...conditions.map((condition) => `(${condition}`)].join(' ');
}
