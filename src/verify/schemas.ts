import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { encodeToken, type Node } from './references.ts';

/** Makes validators of the schemas in a contract, by their pointers. */
export interface Compile {
  body(pointer: string): ValidateFunction;
  /** For the fields of forms, which are texts: they are converted to the types of the schema. */
  form(pointer: string): ValidateFunction;
  /** For values of headers and parameters: the text is converted to the type of the schema. Returns the problem, if any. */
  text(pointer: string): (text: string) => string | undefined;
}

export function compiler(document: Node): Compile {
  const create = (coerceTypes: boolean | 'array') => {
    const ajv = new Ajv2020({ strict: false, allErrors: true, inlineRefs: false, coerceTypes });
    formats.default(ajv, { mode: 'full' });
    ajv.addSchema({ $id: 'contract:', ...document });
    // By its whole address, Ajv compiles a schema once, and not for each schema that refers to it.
    const { schemas = {} } = (document.components ?? {}) as { schemas?: Record<string, Node> };
    for (const [name, schema] of Object.entries(schemas))
      ajv.addSchema(schema, `contract:${encodeURI(`#/components/schemas/${encodeToken(name)}`)}`);
    return ajv;
  };
  const [values, texts] = [create(false), create(true)];
  let forms: Ajv2020 | undefined;
  const reference = (pointer: string) => ({ $ref: `contract:${encodeURI(pointer)}` });
  return {
    body: (pointer) => lazy(() => values.compile(reference(pointer))),
    form(pointer) {
      return lazy(() => {
        forms ??= create('array');
        return forms.compile(reference(pointer));
      });
    },
    text(pointer) {
      const validate = lazy(() => texts.compile({ type: 'object', properties: { value: reference(pointer) } }));
      return (value) => (validate({ value }) ? undefined : validate.errors?.map(({ message }) => message).join(', '));
    },
  };
}

/** Compiles on first use. */
function lazy(make: () => ValidateFunction): ValidateFunction {
  let made: ValidateFunction | undefined;
  const validate = (value: unknown) => {
    made ??= make();
    const valid = made(value);
    validate.errors = made.errors;
    return valid;
  };
  validate.errors = undefined as ValidateFunction['errors'];
  return validate as ValidateFunction;
}
