/** A `routes.yaml` that puts all posts below a path; Ghost's own is `/`. */
export function routes(path: string): string {
  return `routes:
collections:
  ${path}:
    permalink: ${path}{slug}/
    template: index
taxonomies:
  tag: /tag/{slug}/
  author: /author/{slug}/
`;
}
