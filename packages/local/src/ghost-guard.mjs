// Loaded into Ghost's process before Ghost: should the program that started it be gone, however that came about,
// Ghost ends too. The channel alone does not keep it running.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();
