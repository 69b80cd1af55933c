import type { SampleBody, SampleParameter, SampleRequest } from '../samples/request.ts';
import type { TryCredentials, TryData, TryOperation } from './data.ts';

/** The inputs of one operation, in the browser. */

export const part = <E extends HTMLElement>(name: string): E =>
  document.querySelector(`[data-part="${name}"], [data-try="${name}"]`) as E;

/** Shows inputs for the parameters and the body of an operation, filled in. */
export function showInputs({ parameters, request }: TryOperation, texts: TryData['texts']): void {
  const places = part<HTMLFieldSetElement>('parameters');
  places.hidden = parameters.length === 0;
  const inputs = parameters.flatMap(({ name, in: place, isRequired, value, example }) =>
    toInput({ id: `${place}.${name}`, name, note: isRequired ? place : `${place}, ${texts.optional}`, value, example }),
  );
  places.replaceChildren(places.firstElementChild as Element, ...inputs);

  const { body } = request;
  const bodies = part<HTMLFieldSetElement>('body');
  bodies.hidden = body === undefined;
  bodies.replaceChildren(bodies.firstElementChild as Element, ...toBodyInputs(body, texts));
}

function toBodyInputs(body: SampleBody | undefined, texts: TryData['texts']): HTMLElement[] {
  switch (body?.kind) {
    case 'json': {
      const area = Object.assign(document.createElement('textarea'), { id: 'body', spellcheck: false });
      area.value = JSON.stringify(body.value, null, 2);
      area.setAttribute('aria-label', texts.body);
      return [area];
    }
    case 'form':
    case 'multipart':
      return body.fields.flatMap(([name, value], index) => {
        const id = `field.${index}`;
        if (typeof value === 'string') return toInput({ id, name, note: '', value, example: '' });
        return toInput({ id, name, note: texts.file, value: '', example: '', type: 'file' });
      });
    case 'bytes':
      return toInput({ id: 'file', name: body.type, note: texts.file, value: '', example: '', type: 'file' });
    default:
      return [];
  }
}

interface Input {
  id: string;
  name: string;
  note: string;
  value: string;
  example: string;
  type?: 'file';
}

function toInput({ id, name, note, value, example, type }: Input): HTMLElement[] {
  const label = Object.assign(document.createElement('label'), { htmlFor: id, textContent: `${name} ` });
  label.append(Object.assign(document.createElement('small'), { textContent: note }));
  // Line breaks stay: one address of an application in each line.
  const isLong = value.includes('\n');
  const input = document.createElement(isLong ? 'textarea' : 'input');
  input.id = id;
  input.spellcheck = false;
  if (type !== undefined) (input as HTMLInputElement).type = type;
  else Object.assign(input, { value, placeholder: example, autocomplete: 'off' });
  input.dataset.filled = value;
  return [label, input];
}

/** Puts the fields of a form that depend on the person in place. */
export function fillFields({ request: { body } }: TryOperation, { fields }: Pick<TryCredentials, 'fields'>): void {
  if (body?.kind !== 'form') return;
  for (const [index, [name, value]] of body.fields.entries()) {
    const input = inputOf(`field.${index}`);
    if (input !== null && (name in fields || name === 'csrf_token')) input.value = fields[name] ?? value;
  }
}

/** Puts a value in place of one that the reader has not changed. */
export function fillParameter({ in: place, name }: TryOperation['parameters'][number], value: string): void {
  const input = inputOf(`${place}.${name}`);
  if (input === null || input.value !== input.dataset.filled) return;
  input.value = value;
  input.dataset.filled = value;
}

const inputOf = (id: string) => document.getElementById(id) as HTMLInputElement | null;
const textOf = (id: string) => inputOf(id)?.value ?? '';

/**
 * The request as the inputs have it now.
 *
 * @throws SyntaxError for a body that is no JSON
 */
export function readInputs(operation: TryOperation, baseUrl: string, headers: Record<string, string>): SampleRequest {
  const { request } = operation;
  const parameters = operation.parameters.flatMap(({ name, in: place, isRequired }): SampleParameter[] => {
    const value = textOf(`${place}.${name}`);
    return value === '' && !isRequired ? [] : [{ name, in: place, value }];
  });
  return { ...request, baseUrl, parameters, headers: { ...request.headers, ...headers }, body: readBody(request.body) };
}

function readBody(body: SampleBody | undefined): SampleBody | undefined {
  if (body?.kind === 'json') return { ...body, value: JSON.parse(textOf('body')) };
  if (body?.kind === 'form')
    return { ...body, fields: body.fields.map(([name], index) => [name, textOf(`field.${index}`)]) };
  if (body?.kind !== 'multipart') return body;
  const read = (value: SampleBody & object, index: number) => value && textOf(`field.${index}`);
  return {
    ...body,
    fields: body.fields.map(([name, value], index) => [
      name,
      typeof value === 'string' ? read(body, index) : { ...value, ...nameOf(`field.${index}`) },
    ]),
  };
}

/** The name of the file that was chosen. */
function nameOf(id: string): { name?: string } {
  const file = inputOf(id)?.files?.[0];
  return file === undefined ? {} : { name: file.name };
}

/** The file that the reader has chosen. */
export const chosenFile = (id: string): File | undefined => inputOf(id)?.files?.[0];
