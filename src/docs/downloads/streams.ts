import {
  type Contract,
  type MediaType,
  methods,
  type OperationObject,
  type Reference,
  type ResponseObject,
  resolve,
} from '../../http/contract.ts';

const EVENT_STREAM = 'text/event-stream';

/** An operation that answers with server-sent events. */
export interface Stream {
  path: string;
  operation: OperationObject & { description?: string };
  media: MediaType;
}

/** The event streams of a contract. */
export function streamsOf(contract: Contract): Stream[] {
  return Object.entries(contract.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      const media = operation && mediaOf(contract, operation);
      return operation && media ? [{ path, operation, media }] : [];
    }),
  );
}

function mediaOf(contract: Contract, { responses = {} }: OperationObject): MediaType | undefined {
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  return success && (resolve(contract, success) as ResponseObject).content?.[EVENT_STREAM];
}

/** As much of the schema of an event as is needed to find its name and its data. */
export interface EventSchema {
  description?: string;
  oneOf?: (EventSchema | Reference)[];
  properties?: { event?: { const?: string }; data?: object };
}

/** The kinds of events of a stream, by the names of their schemas. */
export function eventsOf(contract: Contract, { media }: Stream): [name: string, schema: EventSchema][] {
  const { contentSchema = {} } = (media.schema ?? {}) as { contentSchema?: EventSchema | Reference };
  const { oneOf = [contentSchema] } = resolve<EventSchema>(contract, contentSchema);
  return oneOf.map((event) => [
    '$ref' in event ? event.$ref.slice(event.$ref.lastIndexOf('/') + 1) : 'Event',
    resolve(contract, event),
  ]);
}

/** An event as it is sent: its data are one line of JSON. */
function asSent({ properties = {}, ...event }: EventSchema): EventSchema {
  const { data: contentSchema, ...rest } = properties;
  const data = { type: 'string', contentMediaType: 'application/json', ...(contentSchema && { contentSchema }) };
  return { ...event, properties: { ...rest, data } };
}

/**
 * A contract as OpenAPI 3.2, which describes each event of a stream (`itemSchema`) where 3.1 has only the whole text.
 * Undefined for an API without streams.
 */
export function toOpenApi32(contract: Contract): Contract | undefined {
  if (streamsOf(contract).length === 0) return undefined;
  const copy = { ...structuredClone(contract), openapi: '3.2.0' };
  for (const stream of streamsOf(copy)) {
    const media: MediaType & { itemSchema?: object } = stream.media;
    media.itemSchema = { oneOf: eventsOf(copy, stream).map(([, event]) => asSent(event)) };
    delete media.schema;
  }
  return copy;
}
