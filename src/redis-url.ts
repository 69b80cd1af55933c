/** A server, or the nodes of a cluster from which the others are found. */
export interface RedisAddress {
  /** One for each host. */
  urls: string[];
  isCluster: boolean;
}

/**
 * Reads `redis://user:password@host:port/database`. Several hosts separated by commas are a cluster, and so is one host
 * with `?cluster=true`. A cluster has no numbered databases.
 *
 * @throws Error that says what is wrong, without the password
 */
export function parseRedisUrl(text: string): RedisAddress {
  const parts = /^(rediss?:\/\/(?:[^@/]*@)?)([^/?#@]*)(\/[^?#]*)?(\?[^#]*)?$/.exec(text);
  if (parts === null) throw new Error('expected redis://user:password@host:port, with the password percent-encoded');
  const [, start = '', hosts = '', path = '', query = ''] = parts;
  const parameters = new URLSearchParams(query);
  const isCluster = hosts.includes(',') || parameters.get('cluster') === 'true';
  parameters.delete('cluster');
  const rest = parameters.size === 0 ? path : `${path}?${parameters}`;
  const urls = hosts.split(',').map((host) => `${start}${host.trim()}${rest}`);
  if (hosts === '' || !urls.every((url) => URL.canParse(url)))
    throw new Error('expected redis://host:port, or redis://host:port,host:port for a cluster');
  if (isCluster && !/^\/?0?$/.test(path))
    throw new Error('expected no path, because a cluster has no numbered databases');
  return { urls, isCluster };
}
