import { expect } from 'vitest';
import type { Seat, Wire } from './desk.ts';

/** An event of the stream with parsed data. */
export interface StreamedMessage {
  id: string;
  event: string;
  data: Wire & { pid: string; from_user: { uuid: string; user_fullname: string } | null };
}

/** An event stream, parsed here because tests check its raw text too. */
export class Stream {
  readonly response: Response;
  /** The raw text so far. */
  text = '';
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly decoder = new TextDecoder();
  private readonly waiting: StreamedMessage[] = [];
  private rest = '';
  private readonly controller: AbortController;

  constructor(response: Response, controller: AbortController) {
    this.response = response;
    this.controller = controller;
    this.reader = (response.body as ReadableStream<Uint8Array>).getReader();
  }

  /** Waits for the next message. Throws when the stream ends. */
  async next(): Promise<StreamedMessage> {
    while (this.waiting.length === 0) {
      const { done, value } = await this.reader.read();
      if (done) throw new Error(`The stream ended: ${this.text}`);
      this.take(this.decoder.decode(value, { stream: true }));
    }
    return this.waiting.shift() as StreamedMessage;
  }

  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) texts.push((await this.next()).data.bo);
    return texts;
  }

  /** Waits until the server ends the stream. */
  async ended(): Promise<void> {
    for (;;) {
      const { done } = await this.reader.read();
      if (done) return;
    }
  }

  close(): void {
    this.controller.abort();
  }

  private take(text: string): void {
    this.text += text;
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
      const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      if (fields.data === undefined) continue;
      expect(Object.keys(fields).sort()).toEqual(['data', 'event', 'id']);
      // Marks where the stream begins.
      if (fields.event === 'connected') continue;
      expect(fields.event).toBe('message');
      this.waiting.push({ id: fields.id as string, event: fields.event as string, data: JSON.parse(fields.data) });
    }
  }
}

/** Opens a stream. It has every message that is sent after this function returns. */
export async function openStream(
  seat: Pick<Seat, 'url' | 'headers'>,
  query: { user_uuid?: string; device_uuid?: string } = {},
  headers: Record<string, string> = {},
): Promise<Stream> {
  const controller = new AbortController();
  const response = await fetch(`${seat.url}/events?${new URLSearchParams(query)}`, {
    headers: { ...seat.headers, Accept: 'text/event-stream', ...headers },
    signal: controller.signal,
  });
  expect(response.status, response.ok ? '' : await response.text()).toBe(200);
  return new Stream(response, controller);
}
