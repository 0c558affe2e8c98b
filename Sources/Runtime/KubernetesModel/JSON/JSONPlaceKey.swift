/// The key of a place in an array, and of what a class inherits.
struct JSONPlaceKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    static let inherited = JSONPlaceKey(stringValue: "super")

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = "Index \(intValue)"
        self.intValue = intValue
    }
}
