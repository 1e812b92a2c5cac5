/** npm run goldens:record -- DIR [TO]: runs recorded or random cases on Kafka Streams itself and writes down what came of them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const project = path.join(import.meta.dirname, '../apps/goldens/java');

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error !== undefined) throw error;
  return status ?? 1;
}

function main([from, to = from]) {
  if (from === undefined) {
    console.log(
      'npm run goldens:record -- DIR [TO]\n  needs Java 17 and Maven; the cases stand in DIR, the recorded ones there too or in TO',
    );
    return 2;
  }
  const built = run('mvn', ['-q', '-B', 'compile'], { cwd: project });
  if (built !== 0) return built;
  const libraries = readFileSync(path.join(project, 'target/classpath.txt'), 'utf8').trim();
  const classes = [path.join(project, 'target/classes'), libraries].join(path.delimiter);
  return run('java', ['-cp', classes, 'goldens.Recorder', from, to]);
}

process.exit(main(process.argv.slice(2)));
