/** Values that arrived and were not read yet, as an iteration for one reader. */
export interface Inbox<T> extends AsyncIterator<T, undefined> {
  add(value: T): void;
  /** The iteration ends after what has arrived, and throws the error if there is one. */
  end(error?: Error): void;
}

export function createInbox<T>(): Inbox<T> {
  const values: T[] = [];
  let isOver = false;
  let failure: Error | undefined;
  let wake = () => {};
  return {
    add(value) {
      values.push(value);
      wake();
    },
    end(error) {
      isOver = true;
      failure = error;
      wake();
    },
    async next() {
      while (values.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (values.length > 0) return { done: false, value: values.shift() as T };
      const error = failure;
      failure = undefined;
      if (error !== undefined) throw error;
      return { done: true, value: undefined };
    },
  };
}
