/**
 * The window over made-up services, to look at states that are hard to reach: never built into the product (the
 * build starts at ../index.html). `?experts=10000` fills the library, `?fail=models.list` refuses a call,
 * `?wait=experts.list` never answers it, `?empty=1` is a first start.
 */
import '../app/no-eval.ts';
import { MadeUpServices } from './services.ts';

const query = new URLSearchParams(window.location.search);
window.singular = new MadeUpServices({
  experts: Number(query.get('experts') ?? 14),
  fail: (query.get('fail') ?? '').split(','),
  wait: (query.get('wait') ?? '').split(','),
  empty: query.has('empty'),
});
await import('../main.ts');
