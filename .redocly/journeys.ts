import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Journey, JourneyStep } from '../src/docs/journeys.ts';
import { type Contract, methods } from '../src/http/contract.ts';

interface ArazzoDocument {
  workflows: { workflowId: string; summary: string; steps: ArazzoStep[] }[];
}

interface ArazzoStep {
  stepId: string;
  description?: string;
  /** `$sourceDescriptions.tower.createToken`. */
  operationId: string;
  parameters?: { name?: string; in?: string }[];
  requestBody?: { payload: Record<string, unknown> };
  successCriteria: { condition: string }[];
  outputs?: Record<string, string>;
}

/**
 * The journeys of `openapi/journeys` as the docs show them: each step with the address of its operation, the names of what
 * it sends, and the names of what a later step takes from the answer.
 *
 * @param contracts by API
 */
export function readJourneys(home: string, contracts: ReadonlyMap<string, Contract>): Journey[] {
  const folder = join(home, 'openapi', 'journeys');
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const documents = files.map((file) => parse(readFileSync(join(folder, file), 'utf8')) as ArazzoDocument);
  return documents.flatMap(({ workflows }) =>
    workflows.map(({ workflowId, summary, steps }) => ({
      id: workflowId,
      summary,
      steps: steps.map((step) => toStep(step, contracts)),
    })),
  );
}

function toStep(step: ArazzoStep, contracts: ReadonlyMap<string, Contract>): JourneyStep {
  const [, api = '', operation = ''] = step.operationId.split('.');
  const { stepId, description, parameters = [], requestBody, successCriteria, outputs = {} } = step;
  const query = parameters.flatMap(({ in: place, name }) => (place === 'query' && name !== undefined ? [name] : []));
  const status = successCriteria.map(({ condition }) => /^\$statusCode == (\d+)$/.exec(condition)?.[1]).find(Boolean);
  if (status === undefined) throw new Error(`The step ${stepId} has no criterion for its status`);
  return {
    id: stepId,
    ...(description !== undefined && { description }),
    api,
    operation,
    ...addressOf(api, operation, contracts.get(api)),
    sends: [...query, ...Object.keys(requestBody?.payload ?? {})],
    status: Number(status),
    returns: Object.keys(outputs),
  };
}

function addressOf(api: string, id: string, contract: Contract | undefined): { method: string; path: string } {
  for (const [path, item] of Object.entries(contract?.paths ?? {}))
    for (const method of methods) if (item[method]?.operationId === id) return { method: method.toUpperCase(), path };
  throw new Error(`A journey names ${api}.${id}, which is no operation`);
}
