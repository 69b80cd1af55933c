import { type ChildProcess, fork } from 'node:child_process';

/** A script in a process of its own, which answers each message with one message. */
export class Server {
  readonly child: ChildProcess;
  port = 0;

  constructor(script: string, args: string[]) {
    this.child = fork(new URL(script, import.meta.url), args, { execArgv: ['--import', 'tsx'] });
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
