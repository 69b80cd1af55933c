import type { Client, QueryResult } from 'pg';

/** As much of the driver's client as is needed here. */
type ClientClass = new (...parameters: ConstructorParameters<typeof Client>) => Client;

/**
 * A client of PostgreSQL that sends what becomes due in one turn in one packet, and does not wait for the answer to
 * `begin`: a transaction has one round trip less. `begin` fails only with its connection, and so do the statements after it.
 *
 * @param begin what is sent in place of `begin`
 */
export function pipelinedClient(base: typeof Client, begin: string): ClientClass {
  class PipelinedClient extends (base as ClientClass) {
    #isCorked = false;

    override query(...parameters: unknown[]): never {
      this.#cork();
      if (parameters[0] !== 'begin') return this.#send(parameters) as never;
      this.#send([begin]).catch(() => {});
      return Promise.resolve(begun) as never;
    }

    #send(parameters: unknown[]): Promise<QueryResult> {
      return (super.query as (...all: unknown[]) => Promise<QueryResult>).apply(this, parameters);
    }

    #cork() {
      if (this.#isCorked) return;
      this.#isCorked = true;
      const { stream } = this.connection;
      stream.cork();
      // After the promises that are settled now, which send the next statements.
      process.nextTick(() => {
        this.#isCorked = false;
        stream.uncork();
      });
    }
  }
  return PipelinedClient;
}

const begun = { command: 'BEGIN', rowCount: null, rows: [] };
