package import SPIREClient

/// An entry of the API.
package typealias WireEntry = Spire_Api_Types_Entry
/// Selects fields of an entry of the API.
package typealias WireMask = Spire_Api_Types_EntryMask
/// The status of one item of a batch.
package typealias WireStatus = Spire_Api_Types_Status
/// A SPIFFE ID of the API.
package typealias WireID = Spire_Api_Types_SPIFFEID
/// The bundle of a trust domain of the API.
package typealias WireBundle = Spire_Api_Types_Bundle
/// Result of creating one entry.
package typealias CreateResult = Spire_Api_Server_Entry_V1_BatchCreateEntryResponse.Result
/// Result of updating one entry.
package typealias UpdateResult = Spire_Api_Server_Entry_V1_BatchUpdateEntryResponse.Result
/// Result of deleting one entry.
package typealias DeleteResult = Spire_Api_Server_Entry_V1_BatchDeleteEntryResponse.Result
