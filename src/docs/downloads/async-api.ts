import { type Contract, lookUp, resolve } from '../../http/contract.ts';
import { type EventSchema, eventsOf, type Stream, streamsOf } from './streams.ts';

/** The parts of an AsyncAPI document that this module reads or adds to. */
export interface AsyncApi {
  asyncapi: string;
  info: object;
  defaultContentType?: string;
  servers: Record<string, AsyncServer>;
  channels: Record<string, { servers?: object[] } & Record<string, unknown>>;
  operations: Record<string, object>;
  components: Record<string, Record<string, object>>;
}

interface AsyncServer {
  host: string;
  pathname?: string;
  protocol: string;
  description?: string;
}

/**
 * The sockets and the event streams of an API as one AsyncAPI 3 document; undefined for an API that has neither.
 *
 * @param contract with the servers that the streams are on
 * @param socket the hand-written document of its socket
 */
export function toAsyncApi(contract: Contract, socket: AsyncApi | undefined): AsyncApi | undefined {
  const streams = streamsOf(contract);
  if (streams.length === 0) return socket;
  const base = socket === undefined ? emptyDocument(contract) : withServersOfChannels(socket);
  const servers = httpServers(contract);
  const document: AsyncApi = {
    ...base,
    servers: { ...base.servers, ...servers },
    channels: { ...base.channels },
    operations: { ...base.operations },
    components: {
      ...base.components,
      messages: { ...base.components.messages },
      schemas: { ...base.components.schemas },
    },
  };
  for (const stream of streams) addStream(document, contract, stream, Object.keys(servers));
  return document;
}

function emptyDocument({ info: { title, version, description, ...info } }: Contract): AsyncApi {
  const { license } = info as { license?: object };
  return {
    asyncapi: '3.0.0',
    info: { title, version, description, ...(license && { license: licenseOf(license) }) },
    defaultContentType: 'application/json',
    servers: {},
    channels: {},
    operations: {},
    components: {},
  };
}

/** AsyncAPI knows the address of a license only. */
const licenseOf = ({ name = '', identifier = '' }: { name?: string; identifier?: string }) => ({
  name,
  url: `https://spdx.org/licenses/${identifier || name}.html`,
});

interface Servers {
  servers?: readonly { url: string; description?: string }[];
}

/** The servers of a contract, as AsyncAPI names them: `events`, `events2`, … */
function httpServers({ servers = [] }: Contract & Servers): Record<string, AsyncServer> {
  return Object.fromEntries(
    servers.map(({ url, description }, index) => {
      // AsyncAPI has no relative addresses. `.example` stands for a server whose address is not known.
      const { host, pathname, protocol } = new URL(url, 'https://qiyue.example');
      const place = { host, ...(pathname !== '/' && { pathname }), protocol: protocol.slice(0, -1) };
      return [`events${index === 0 ? '' : index + 1}`, { ...place, ...(description && { description }) }];
    }),
  );
}

/** A channel without servers would be on all of them. */
function withServersOfChannels(document: AsyncApi): AsyncApi {
  const servers = Object.keys(document.servers).map((name) => ({ $ref: `#/servers/${name}` }));
  return { ...document, channels: mapValues(document.channels, (channel) => ({ servers, ...channel })) };
}

function addStream(document: AsyncApi, contract: Contract, stream: Stream, servers: readonly string[]): void {
  const { path, operation } = stream;
  const { operationId: id, summary = '', description = '' } = operation;
  const events = eventsOf(contract, stream);
  const { components } = document;
  for (const [name, event] of events) components.messages = { ...components.messages, [name]: toMessage(event) };
  for (const [pointer, schema] of schemasBehind(contract, events))
    components.schemas = { ...components.schemas, [nameOf(pointer)]: toAsyncSchema(schema) as object };
  const parameters = Array.from(path.matchAll(/{([^}]+)}/g), ([, name = '']) => [
    name,
    describeParameter(contract, operation, name),
  ]);
  document.channels[id] = {
    address: path,
    description: summary,
    servers: servers.map((name) => ({ $ref: `#/servers/${name}` })),
    ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
    messages: Object.fromEntries(events.map(([name]) => [name, { $ref: `#/components/messages/${name}` }])),
  };
  document.operations[id] = {
    action: 'send',
    channel: { $ref: `#/channels/${id}` },
    summary,
    description,
    messages: events.map(([name]) => ({ $ref: `#/channels/${id}/messages/${name}` })),
  };
}

/** The payload is an event as programs see it: id, name, and data that were one line of JSON. */
const toMessage = (event: EventSchema) => ({
  name: event.properties?.event?.const,
  summary: event.description,
  contentType: 'text/event-stream',
  payload: toAsyncSchema(event),
});

function describeParameter(contract: Contract, { parameters = [] }: Stream['operation'], name: string): object {
  const all = parameters.map((one) => resolve(contract, one as { name?: string; description?: string }));
  const description = all.find((one) => one.name === name)?.description;
  return description === undefined ? {} : { description };
}

/** Sockets have schemas of the same names. */
const nameOf = (pointer: string) => `events.${pointer.slice(pointer.lastIndexOf('/') + 1)}`;

/** The schemas of the contract that a value refers to, directly or not, by their pointers. */
function schemasBehind(contract: Contract, root: unknown): Map<string, object> {
  const found = new Map<string, object>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { $ref } = value as { $ref?: unknown };
    if (typeof $ref === 'string' && !found.has($ref)) {
      found.set($ref, lookUp(contract, $ref) as object);
      visit(found.get($ref));
    }
    Object.values(value).forEach(visit);
  };
  visit(root);
  return found;
}

/** AsyncAPI has nothing beside references, and discriminators of another form. */
function toAsyncSchema(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(toAsyncSchema);
  const { $ref, discriminator, ...rest } = schema as Record<string, unknown>;
  const converted = mapValues(rest, toAsyncSchema);
  if (typeof $ref !== 'string') return typeof discriminator === 'object' ? converted : { ...schema, ...converted };
  const reference = { $ref: `#/components/schemas/${nameOf($ref)}` };
  return Object.keys(rest).length === 0 ? reference : { ...converted, allOf: [reference] };
}

const mapValues = <T, R>(object: Record<string, T>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
