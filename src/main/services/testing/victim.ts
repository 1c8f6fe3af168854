/** An application that starts a training (or, with a third argument, a comparison) and says so; the test then kills it. Arguments: home, bundled models. */
import { childEngine } from '../../engine/testing/fixture.ts';
import { createServices } from '../index.ts';
import { plan, startTraining } from './home.ts';

const [home = '', nativeModels = '', compares] = process.argv.slice(2);
const services = createServices({ shell: 'test', home, engineEntry: childEngine, nativeModels, env: {}, platform: 'linux' });
services.on('run.step', ({ runId, metric }) => console.log(JSON.stringify({ runId, step: metric.step, enginePid: services.engine.state.pid })));
if (compares === undefined) await startTraining(services);
else await services.call('comparisons.start', { plan: plan() });
