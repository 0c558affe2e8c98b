package import KubernetesModel

/// A kind whose status says in conditions what is true of an object.
package protocol ConditionedResource: KubernetesResource {
    /// What is true of an object. Only ever output.
    associatedtype Status: ConditionedStatus

    /// As it is stored; nil before the first pass.
    var status: Status? { get }
}

/// A status with conditions.
package protocol ConditionedStatus: Codable, Equatable, Sendable {
    /// What is true; nil before the first pass.
    var conditions: [Condition]? { get set }

    /// No pass has been over it yet.
    init()
}

extension ConditionedResource {
    /// A condition as it is stored.
    package func condition(_ type: String) -> Condition? { status?.conditions?.condition(type) }

    /// Whether it says that it is as declared.
    package var isReady: Bool { condition(ConditionType.ready)?.status == .yes }
}
