import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentRoot } from './content.ts';
import type { AsyncApi } from './downloads/async-api.ts';
import type { Language } from './page.ts';

/** The parts of an AsyncAPI document that the reference shows. References inside it are as in the document. */
interface SocketDocument {
  info: { title: string; description: string };
  operations: Record<string, { action: 'send' | 'receive'; messages: Reference[] }>;
  components: { messages: Record<string, Message>; schemas: Record<string, Schema> };
}

interface Message {
  summary: string;
  /** The number of a binary message. In JSON a field has the name. */
  'x-command'?: number;
  payload: Schema;
}

interface Schema {
  $ref?: string;
  description?: string;
  format?: string;
  type?: string | string[];
  const?: string;
  'x-length'?: string;
  properties?: Record<string, Schema>;
}

interface Reference {
  $ref: string;
}

const texts = {
  zh: {
    title: '长连接',
    head: '命令 | 名称 | 方向 | 含义 | 字段',
    receive: '设备 → 服务端',
    send: '服务端 → 设备',
    link: '完整的描述见 [AsyncAPI 文档](asyncapi.json)。',
  },
  en: {
    title: 'Socket',
    head: 'Command | Name | Direction | Meaning | Fields',
    receive: 'to the server',
    send: 'to the device',
    link: 'The whole description is the [AsyncAPI document](asyncapi.json).',
  },
};

/** The AsyncAPI document of an API in one language, as `npm run generate` writes it; undefined when it has no socket. */
export function readSocket(
  name: string,
  language: Language,
  root = contentRoot(),
): (SocketDocument & AsyncApi) | undefined {
  const file = join(root, 'generated', `${name}.asyncapi${language === 'zh' ? '' : `.${language}`}.json`);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SocketDocument & AsyncApi;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The socket as a chapter of the reference, in Markdown. */
export function describeSocket(document: SocketDocument, language: Language): string {
  const text = texts[language];
  const rows = Object.entries(document.components.messages).map(([name, message]) => {
    const directions = directionsOf(document, name).map((direction) => text[direction]);
    const fields = fieldsOf(document, message.payload);
    return [
      message['x-command'] ?? message.payload.properties?.type?.const ?? '',
      name,
      directions.join('<br>'),
      message.summary,
      fields.join('<br>'),
    ];
  });
  const head = text.head.split(' | ');
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return `# ${text.title}\n\n${document.info.description}\n\n${table}\n\n${text.link}`;
}

function directionsOf({ operations }: SocketDocument, name: string): ('send' | 'receive')[] {
  const all = Object.values(operations).filter(({ messages }) => messages.some(({ $ref }) => lastOf($ref) === name));
  return all.map(({ action }) => action);
}

function fieldsOf(document: SocketDocument, payload: Schema): string[] {
  return Object.entries(resolve(document, payload).properties ?? {}).map(([name, field]) => {
    const { format, type, const: value, 'x-length': length } = resolve(document, field);
    const kind = value ?? format ?? [type].flat()[0]?.replace('string', 'text') ?? 'text';
    return `${name}: ${length === undefined ? kind : `${length} + ${kind}`}`;
  });
}

const resolve = ({ components }: SocketDocument, schema: Schema): Schema =>
  schema.$ref === undefined ? schema : (components.schemas[lastOf(schema.$ref)] as Schema);

const lastOf = (reference: string) => reference.slice(reference.lastIndexOf('/') + 1);
