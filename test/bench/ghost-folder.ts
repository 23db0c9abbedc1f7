import { installGhost } from "@stateless-ghost/local";

/** Where Ghost is installed: the folder that was named, or the one that `npm start` keeps in its cache. */
export async function ghostFolder(named: string | undefined, progress: (line: string) => void): Promise<string> {
  if (named !== undefined) return named;
  const { directory } = await installGhost({ progress: (step) => progress(`Ghost: ${step}`) });
  return directory;
}
