/// What people do when the operator lacks something; said by conditions, events and `lanyard doctor` in the same words.
package enum OperatorRemedy {
    /// Prints the policy that the operator needs in Vault now, and lets it read that.
    package static let policyCommand = "lanyard vault-policy --config FILE --from-cluster --policy-name NAME"
    /// Prints and writes it.
    package static let policy = "\(policyCommand) | vault policy write NAME -"
}
