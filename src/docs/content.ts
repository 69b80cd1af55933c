import { AsyncLocalStorage } from 'node:async_hooks';
import { projectRoot } from '../root.ts';

const roots = new AsyncLocalStorage<string>();

/** The folder with the `openapi/` and `generated/` that pages are made from: of this project, or of another version. */
export const contentRoot = (): string => roots.getStore() ?? projectRoot();

/** Makes pages from the `openapi/` and `generated/` of another folder. */
export const withContent = <T>(root: string, make: () => Promise<T>): Promise<T> => roots.run(root, make);
