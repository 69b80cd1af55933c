import { type ChildProcess, fork } from 'node:child_process';
import { basename, join } from 'node:path';
import { projectRoot } from '../../src/root.ts';

/** Bytes after a garbage collection, and how many sockets, timers and the like a process has. */
export interface MemoryFigures {
  rss: number;
  heapUsed: number;
  handles: number;
}

/** A script in a process of its own, which answers each message with one message. */
export class Server {
  /** The folder of the CPU profiles that servers write when they stop; undefined for none. */
  static profiles: string | undefined;
  readonly child: ChildProcess;
  port = 0;

  /**
   * @param script the file in this folder; `npm run bench` has bundled it
   * @param title tells its profile from those of others; its arguments if not given
   */
  constructor(script: string, args: string[], title = args.join(' ')) {
    const name = basename(script, '.ts');
    this.child = fork(join(projectRoot(), 'dist/bench', `${name}.js`), args, {
      execArgv: profileOptions(`${name} ${title}`),
    });
    this.child.once('exit', (code) => {
      if (code) throw new Error(`${args.join(' ') || script} stopped with ${code}`);
    });
  }

  async start(): Promise<this> {
    this.port = await this.next<number>();
    return this;
  }

  /** Microseconds of CPU time that the process has used. */
  async cpu(): Promise<number> {
    const { user, system } = await this.ask<NodeJS.CpuUsage>('cpu');
    return user + system;
  }

  ask<T>(question: string): Promise<T> {
    const answer = this.next<T>();
    this.child.send(question);
    return answer;
  }

  private next<T>(): Promise<T> {
    return new Promise((resolve) => this.child.once('message', (message) => resolve(message as T)));
  }
}

function profileOptions(title: string): string[] {
  if (Server.profiles === undefined) return [];
  const name = `${title.replaceAll(/\W+/g, '-')}.cpuprofile`;
  return ['--cpu-prof', '--cpu-prof-dir', Server.profiles, '--cpu-prof-name', name];
}
