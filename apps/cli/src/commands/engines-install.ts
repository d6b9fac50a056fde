import { installTensorflow } from '@layerline/engine-tfjs';
import { InstallDisplay } from '../display/install-display.js';
import { printLine } from '../display/print-line.js';
import { EXIT } from '../errors.js';
import { Interruption } from '../interruption.js';

/**
 * `layerline engines install tensorflow`: installs the native part of tfjs-node.
 * @returns the exit code
 * @throws TensorflowInstallError
 */
export async function installEngine({ library }: { readonly library: string | undefined }): Promise<number> {
  const interruption = new Interruption();
  interruption.start();
  const display = new InstallDisplay(process.stderr);
  try {
    const { folder, version, packageVersion } = await installTensorflow({
      library,
      onProgress: (progress) => display.progress(progress),
      signal: interruption.signal,
    });
    display.close();
    printLine(`tfjs/tensorflow works: TensorFlow ${version} with tfjs-node ${packageVersion}, in ${folder}`);
    return EXIT.ok;
  } finally {
    display.close();
    interruption.stop();
  }
}
