import { prism } from './prism.ts';
import { specmatic } from './specmatic.ts';
import { spectral } from './spectral.ts';

/** What a judge says against a contract or an answer. */
export interface Finding {
  api: string;
  /** The judge's own name of the rule. */
  rule: string;
  /** A place in the contract, or an operation. */
  where: string;
  message: string;
}

/** What a judge works with. */
export interface Bench {
  api: string;
  /** The file of the contract. */
  contract: string;
  /** The address of the sandbox. */
  url: string;
  /** A folder of its own. */
  folder: string;
  /** The folder with the packages of the judge. */
  packages: string;
}

export interface Judge {
  name: string;
  /** Its npm packages, which are installed for the run; none where the project has them anyway. */
  packages: Record<string, string>;
  judge(bench: Bench): Promise<Finding[]>;
}

/** Programs of others that read the contracts and the server's answers, each by its own understanding of OpenAPI. */
export const judges: readonly Judge[] = [spectral, prism, specmatic];
