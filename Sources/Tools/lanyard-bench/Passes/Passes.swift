import ServiceLifecycle

/// Objects of a kind that are created, and all that works on them.
struct Passes {
    /// What has to run.
    let services: [any Service]
    /// How many objects are Ready, and have what they should in SPIRE or Vault.
    let finished: () -> Int
}
