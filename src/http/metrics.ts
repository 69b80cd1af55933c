import type { RequestHandler } from 'express';
import { AggregatorRegistry, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Config } from '../config.ts';
import { equalSecrets } from '../secrets.ts';
import { authorizationCredentials } from './authorization-header.ts';
import type { RequestRecord } from './log.ts';

/** Prometheus metrics of one server. */
export interface Metrics {
  observe(record: RequestRecord, method: string, status: number, seconds: number): void;
  /** Responds with the text format, or leaves the request to the next handler where there are no metrics. */
  handler: RequestHandler;
}

/**
 * The metrics of this process, or with `WORKERS` the sums of all workers.
 *
 * @param config opens the metrics in the sandbox; elsewhere they require the bearer token `METRICS_TOKEN`
 */
export function createMetrics({
  sandbox,
  metricsToken,
  worker,
}: Pick<Config, 'sandbox' | 'metricsToken' | 'worker'>): Metrics {
  const registry = new Registry();
  const read = worker === undefined ? () => registry.metrics() : readAllWorkers(registry);
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of requests by API and operation; empty labels are paths outside of the contracts',
    labelNames: ['api', 'operation', 'method', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [registry],
  });
  return {
    observe({ api = '', operationId = '' }, method, status, seconds) {
      duration.observe({ api, operation: operationId, method, status }, seconds);
    },
    handler: async (request, response, next) => {
      if (metricsToken === undefined && !sandbox) return next();
      const token = authorizationCredentials(request.headers.authorization, 'bearer') ?? '';
      if (metricsToken !== undefined && !equalSecrets(token, metricsToken)) {
        response.status(401).set('WWW-Authenticate', 'Bearer realm="metrics"').end();
        return;
      }
      response.type(registry.contentType).send(await read());
    },
  };
}

/** Offers the metrics of this worker to the primary process, and asks it for those of all. */
function readAllWorkers(registry: Registry): () => Promise<string> {
  new AggregatorRegistry();
  AggregatorRegistry.setRegistries(registry);
  return async () => {
    const answer = new Promise<string>((resolve) => {
      const onMessage = (message: { kind?: string; text?: string }) => {
        if (message.kind !== 'metrics') return;
        process.off('message', onMessage);
        resolve(message.text ?? '');
      };
      process.on('message', onMessage);
    });
    process.send?.({ kind: 'metrics' });
    return answer;
  };
}
