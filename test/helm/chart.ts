/** A database and a bucket of one's own, as every blog with readers has them. */
export const OWN = {
  url: "https://blog.example.com",
  database: { host: "mysql.example.com", existingSecret: "blog-database" },
  bucket: { name: "blog-content", region: "eu-central-1" },
  mysql: { enabled: false },
  minio: { enabled: false },
};
