import { headersOf, type SampleBody, type SampleFile, type SampleRequest, urlOf } from './request.ts';

/** How long curl reads a stream, which has no end. */
const STREAM_SECONDS = 5;

/** A command for a POSIX shell that needs nothing but curl: files come from standard input. */
export function toCurl(request: SampleRequest): string {
  const { method, body, answer } = request;
  const { Authorization = '', Cookie, 'Content-Type': type, ...others } = headersOf(request);
  const basic = /^Basic (.*)/.exec(Authorization)?.[1];
  const usual = body === undefined ? 'GET' : 'POST';
  const parts = [
    `curl ${method === usual ? '' : `-X ${method} `}${quote(urlOf(request))}`,
    ...(answer === 'stream' ? [`-N --max-time ${STREAM_SECONDS}`] : []),
    ...(answer === 'file' ? ['-o download'] : []),
    ...(basic === undefined ? [] : [`-u ${quote(fromBase64(basic))}`]),
    ...Object.entries({ ...(basic === undefined && Authorization !== '' && { Authorization }), Cookie, ...others })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    // curl itself names the type of a form.
    ...(type !== undefined && body?.kind !== 'form' ? [`-H ${quote(`Content-Type: ${type}`)}`] : []),
    ...toData(body),
  ];
  return pipe(body, parts.join(' \\\n  '));
}

function toData(body: SampleBody | undefined): string[] {
  switch (body?.kind) {
    case 'json':
      return [`-d ${quote(JSON.stringify(body.value, null, 2))}`];
    case 'form':
      // Without data, curl would send a GET.
      if (body.fields.length === 0) return [`-d ''`];
      return body.fields.map(([name, value]) => {
        const isPlain = /^[\w.~-]*$/.test(value);
        return `${isPlain ? '-d' : '--data-urlencode'} ${quote(`${name}=${value}`)}`;
      });
    case 'multipart':
      return body.fields.map(([name, value]) =>
        typeof value === 'string'
          ? `--form-string ${quote(`${name}=${value}`)}`
          : `-F ${quote(`${name}=@-;filename=${value.name};type=${value.type}`)}`,
      );
    case 'bytes':
      return ['--data-binary @-'];
    default:
      return [];
  }
}

/** The command with the file of the body on its standard input. */
function pipe(body: SampleBody | undefined, command: string): string {
  const file = fileOf(body);
  if (file === undefined) return command;
  if (file.base64 !== undefined) return `base64 -d <<< ${quote(file.base64)} |\n${command}`;
  return `${command} <<< ${quote((file.text ?? '').trimEnd())}`;
}

function fileOf(body: SampleBody | undefined): SampleFile | undefined {
  if (body?.kind === 'bytes') return body.file;
  if (body?.kind !== 'multipart') return undefined;
  return body.fields.map(([, value]) => value).find((value) => typeof value === 'object');
}

/** Browsers make commands, too. */
const fromBase64 = (text: string) =>
  new TextDecoder().decode(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)));

const quote = (text: string) => (/^[\w./:@=,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
