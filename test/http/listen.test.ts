import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { longestRequestMs } from '../../src/http/listen.ts';

describe('longestRequestMs', () => {
  it.each(['', '10485760', '1073741824'])('lets a file of %s bytes arrive at 64 kbit/s, and ends', (limit) => {
    const config = readConfig([], { UPLOAD_LIMIT: limit });
    const bytesPerMs = 8;
    expect(longestRequestMs(config)).toBeGreaterThan(config.uploadLimit / bytesPerMs);
    expect(longestRequestMs(config)).toBeLessThan(Number.POSITIVE_INFINITY);
  });
});
