/**
 * Sends every operation many requests, most of them odd, and judges the answers by the contract:
 *
 *     npm run fuzz                                            # all APIs, on a server of its own
 *     npm run fuzz -- --api tower --runs 10000 --seed 7
 *     npm run fuzz -- --api tower --operation createTodo --seed 7 --run 131
 *     npm run fuzz -- --api tower --keep                      # adds what it finds to test/fuzz/found.jsonl
 *     npm run fuzz -- --api tower --url https://staging.example/tower --credentials tower.yaml
 *
 * It calls every operation, those that write and delete, too. Ends with 1 when an answer is wrong, with 2 when it could
 * not run.
 */
import { runFuzz } from './command.ts';

process.exitCode = await runFuzz(process.argv.slice(2), console);
