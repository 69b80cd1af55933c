import { type FindingKind, kinds, type Report } from './report.ts';

/** A report as SARIF 2.1.0: the contract is the artifact, a kind of finding a rule. */
export function toSarif({ api, url, findings }: Report): object {
  const artifact = { uri: `generated/${api}.json` };
  const ids = Object.keys(kinds) as FindingKind[];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'qiyue verify',
            rules: ids.map((id) => ({ id, shortDescription: { text: kinds[id] } })),
          },
        },
        properties: { url },
        artifacts: [{ location: artifact }],
        results: findings.map(({ kind, operation, method, path, status, message, pointer, curl }) => ({
          ruleId: kind,
          ruleIndex: ids.indexOf(kind),
          level: 'error',
          message: { text: `${method} ${path}: ${message}` },
          locations: [
            {
              physicalLocation: { artifactLocation: { ...artifact, index: 0 } },
              logicalLocations: [{ name: operation, fullyQualifiedName: pointer, kind: 'object' }],
            },
          ],
          properties: { operation, method, path, status, pointer, curl },
        })),
      },
    ],
  };
}
