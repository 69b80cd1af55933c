import type { Api } from '../http/api.ts';
import type { Contract } from '../http/contract.ts';
import { type Addresses, withAddresses } from './addresses.ts';
import { readContract } from './contract.ts';
import type { Language } from './page.ts';

/** Contracts kept, of those that were read last: many pages are made from one. */
const MAX_CONTRACTS = 10;

const kept = new Map<string, { of: Contract; contract: Promise<Contract> }>();

/** The contract of an API in one language, with the addresses of a site. It is shared, so it must not be changed. */
export function addressedContract(api: Api, language: Language, addresses: Addresses): Promise<Contract> {
  const key = JSON.stringify([api.name, language, addresses]);
  const known = kept.get(key);
  const contract = known?.of === api.contract ? known.contract : read(api, language, addresses);
  // The one used last is at the end.
  kept.delete(key);
  kept.set(key, { of: api.contract, contract });
  const [oldest] = kept.keys();
  if (kept.size > MAX_CONTRACTS && oldest !== undefined) kept.delete(oldest);
  return contract;
}

const read = async (api: Api, language: Language, addresses: Addresses): Promise<Contract> =>
  withAddresses(api.name, await readContract(api, language), language, addresses);
