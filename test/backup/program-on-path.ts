import type { Toolbox } from "./toolbox.ts";

/** As in the image. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Puts a script of sh before a program on the path of a run. @returns the variable to run with */
export async function programOnPath(toolbox: Toolbox, name: string, script: string): Promise<{ PATH: string }> {
  const folder = await toolbox.shell("folder=$(mktemp -d) && chmod 777 $folder && echo $folder");
  await toolbox.write(`${folder}/${name}`, `#!/bin/sh\n${script}\n`);
  await toolbox.shell(`chmod 755 ${folder}/${name}`);
  return { PATH: `${folder}:${PATH}` };
}
