/**
 * The folder that a person dropped or picked. A dropped folder is itself the only entry; a folder picked through a
 * file dialog arrives as its files, each with its path inside it.
 */
export async function folderOf(files: readonly File[], pathOf: (file: File) => Promise<string>): Promise<string> {
  const [first] = files;
  const filePath = await pathOf(first);
  const inside = first.webkitRelativePath.split('/').length - 1;
  const separator = filePath.includes('\\') ? '\\' : '/';
  if (inside > 0) return filePath.split(separator).slice(0, -inside).join(separator);
  // one file of a checkpoint was dropped: its folder is meant
  return /\.(json|safetensors)$/.test(first.name) ? filePath.split(separator).slice(0, -1).join(separator) : filePath;
}
