import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("Objects that are too large")
struct LargeObjectTests {
    private func binding(
        _ leftOut: Set<Omission>, _ change: (inout VaultRoleBindingSpec) -> Void = { _ in }
    )
        -> VaultRoleBinding
    {
        var binding = VaultRoleBinding.sample(change)
        binding.metadata.leftOut = leftOut
        return binding
    }

    private func refusal(
        of binding: VaultRoleBinding, onViolation: IdentityBoundarySpec.OnViolation = .retain
    ) throws -> Refusal? {
        let boundary = try EffectiveBoundary.sample([.sample { $0.onViolation = onViolation }])
        let result = Admission.binding(
            binding, subject: .serviceAccounts(["web"]), boundary: boundary, settings: try .sample())
        if case .failure(let refusal) = result { return refusal }
        return nil
    }

    @Test("a spec of which only a part was read is invalid, and nothing is said of that part")
    func spec() throws {
        let large = try refusal(of: binding([.spec, .status]) { $0.serviceAccountNames = nil })
        #expect(large?.reason == .invalidSpec)
        #expect(large?.message == "spec: must not be larger than 128 KiB as JSON")
        let crowded = try refusal(of: binding([.namespaceShare]))
        #expect(
            crowded?.message.hasPrefix("spec: is not read, as the VaultRoleBinding objects of its namespace") == true)
        #expect(crowded?.message.contains("8 MiB") == true)
        #expect(try refusal(of: binding([.status])) == nil)
    }

    @Test("who makes a spec too large to be judged keeps nothing that a boundary withdraws")
    func withdrawal() throws {
        #expect(try refusal(of: binding([.spec]))?.withdraws == false)
        #expect(try refusal(of: binding([.spec]), onViolation: .withdraw)?.withdraws == true)
        // That others of the namespace are large is no fault of this one.
        #expect(try refusal(of: binding([.namespaceShare]), onViolation: .withdraw)?.withdraws == false)
    }

    @Test("too many finalizers are told, and what is asked for is judged all the same")
    func finalizers() throws {
        let allowed = try refusal(of: binding([.finalizers]), onViolation: .withdraw)
        #expect(allowed?.message == "metadata.finalizers: must not be larger than 8 KiB")
        #expect(allowed?.withdraws == false)
        let outside = try refusal(of: binding([.finalizers]) { $0.roleName = "admin" }, onViolation: .withdraw)
        #expect(outside?.withdraws == true)
    }

    @Test("identities likewise")
    func identities() throws {
        var identity = WorkloadIdentity.sample()
        identity.metadata.leftOut = [.spec]
        let boundary = try EffectiveBoundary.sample([.sample { $0.onViolation = .withdraw }])
        guard case .failure(let refusal) = Admission.identity(identity, boundary: boundary, settings: try .sample())
        else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.message == "spec: must not be larger than 128 KiB as JSON")
        #expect(refusal.withdraws)
    }
}
