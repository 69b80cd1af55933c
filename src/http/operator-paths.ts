const paths = new Set(['/livez', '/readyz', '/metrics']);

/** Whether a path is a health check or the metrics: they do not wait for other requests, and are on every host name. */
export const isForOperators = (path: string): boolean => paths.has(path);
