/** The container's health check: exit 0 when /health/live answers 200 on HTTP_PORT. `ready` as the argument asks /health/ready instead. */
const port = process.env['HTTP_PORT'] || '8080';
const question = process.argv[2] ?? 'live';
try {
  const answer = await fetch(`http://127.0.0.1:${port}/health/${question}`, { signal: AbortSignal.timeout(2_500) });
  process.exit(answer.status === 200 ? 0 : 1);
} catch {
  process.exit(1);
}
