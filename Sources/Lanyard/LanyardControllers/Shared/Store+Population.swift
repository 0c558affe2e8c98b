import ControllerRuntime
import KubernetesModel

extension Store {
    /// How many objects a namespace has, those that do not fit their type included.
    ///
    /// - Parameter index: the index of objects by their namespace.
    func population(of namespace: String, index: String) -> Int {
        count(index: index, value: namespace) + undecodable.keys.count { $0.namespace == namespace }
    }
}
