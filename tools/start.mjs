/** npm start: the main job, trending hashtags, end to end. `npm start -- --help` shows its options. */
import { runApp } from './run.mjs';

runApp('demo', process.argv.slice(2));
