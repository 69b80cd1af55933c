import type { Api } from '../../http/api.ts';
import type { Contract } from '../../http/contract.ts';
import { addressedContract } from '../addressed-contract.ts';
import { type Addresses, withSocketAddresses } from '../addresses.ts';
import { createPage, type Language, type Page } from '../page.ts';
import { readSocket } from '../socket.ts';
import { toAsyncApi } from './async-api.ts';
import { toOpenApi30 } from './openapi-3-0.ts';
import { toPostman, toPostmanEnvironment } from './postman.ts';
import { streamsOf, toOpenApi32 } from './streams.ts';

/** The files of an API for other tools, by their names beside its reference. Each is made from the contract when it is called. */
export function downloadsOf(api: Api, language: Language, addresses: Addresses): Map<string, () => Promise<Page>> {
  const read = () => addressedContract(api, language, addresses);
  const json = (convert: (contract: Contract) => unknown) => async () =>
    createPage('json', `${JSON.stringify(convert(await read()), null, 2)}\n`);
  const files = new Map([
    ['openapi.json', json((contract) => contract)],
    ['openapi.yaml', async () => createPage('yaml', await toYaml(await read()))],
    ['openapi-3.0.json', json(toOpenApi30)],
    ['postman_collection.json', json((contract) => toPostman(api, contract, addresses))],
    ['postman_environment.json', json((contract) => toPostmanEnvironment(api, contract, addresses))],
  ]);
  const hasStreams = streamsOf(api.contract).length > 0;
  const socket = readSocket(api.name, language);
  if (hasStreams) files.set('openapi-3.2.json', json(toOpenApi32));
  if (hasStreams || socket)
    files.set(
      'asyncapi.json',
      json((contract) => toAsyncApi(contract, socket && withSocketAddresses(socket, addresses))),
    );
  return files;
}

async function toYaml(contract: Contract): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(contract, { lineWidth: 0, aliasDuplicateObjects: false });
}
