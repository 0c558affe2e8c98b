import KubernetesModel

/// What a bug report needs, as it was read: secrets are taken out when it is printed.
struct DiagnosticBundle: Sendable, Encodable {
    /// The command that made it, and when.
    let lanyard: String
    let platform: String
    let time: String
    /// The API server's version.
    var kubernetes: String?
    /// What the cluster has as definitions of the kinds.
    var definitions: [Definition] = []
    /// The operator's pods, with their last log lines, metrics and readiness.
    var pods: [Pod] = []
    /// Lines of the files of the ConfigMaps that the pods mount: `lanyard-config-abc/config.yaml`.
    var configuration: [String: [String]] = [:]
    /// Who leads.
    var lease: Lease.Spec?
    /// How many objects there are by kind, and how many of them are ready.
    var counts: [String: Count] = [:]
    /// Those that are not ready first.
    var resources: [Resource] = []
    /// About these resources, and in the operator's own namespace; the newest last.
    var events: [Event] = []
    /// What could not be read, and why; what is left out because there is too much of it.
    var notes: [String] = []

    /// A CustomResourceDefinition.
    struct Definition: Sendable, Encodable {
        let name: String
        let generation: Int64?
        let storedVersions: [String]
        /// Those that do not hold.
        let troubles: [String]
    }

    /// A pod of the operator.
    struct Pod: Sendable, Encodable {
        let name: String
        let phase: String?
        let startTime: String?
        let image: String?
        let imageID: String?
        let restarts: Int64?
        let isReady: Bool?
        /// What the container is doing, and why the last one ended.
        let state: JSONValue?
        let lastState: JSONValue?
        let arguments: [String]
        /// Names of all variables, with the values of those that are configuration.
        let environment: [String]
        /// What `/readyz?verbose` says, line by line.
        var readiness: [String]?
        /// Samples without their help texts.
        var metrics: [String]?
        var log: [String]?
        /// Of the container before, if it was restarted.
        var previousLog: [String]?
    }

    /// How many objects of a kind there are.
    struct Count: Sendable, Encodable, Equatable {
        var all = 0
        var ready = 0
    }

    /// An object by what its status says; never its spec.
    struct Resource: Sendable, Encodable {
        let kind: String
        let namespace: String?
        let name: String
        let generation: Int64?
        let isPaused: Bool
        let deletionTimestamp: String?
        let conditions: JSONValue?
    }

    /// Something that happened.
    struct Event: Sendable, Encodable {
        let time: String?
        let type: String?
        let reason: String?
        let count: Int64?
        let regarding: String
        let note: String?
    }

    /// As a tree without secrets.
    ///
    /// - Throws: never in practice; encoders say so.
    func redacted() throws -> JSONValue { Redaction.applied(to: try JSONValue(encoding: self)) }
}
