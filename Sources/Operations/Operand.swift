import Quantities

/// The number of a name in a program's ``SymbolTable``; 0 is no name.
public struct SymbolID: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The name's place in the table, from 1.
    public var rawValue: UInt32

    /// Makes an identifier from a number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// No name: a bare number.
    public static let none = SymbolID(rawValue: 0)
}

/// An address in a statement: a number, or a name and an offset, always resolved.
public struct Operand: Hashable, Sendable, BitwiseCopyable {
    /// The address as the program uses it.
    public var address: VirtualAddress
    /// The buffer, region, alias or device by whose name the address was given.
    public var symbol: SymbolID

    /// Makes an operand.
    public init(_ address: UInt64, symbol: SymbolID = .none) {
        self.address = VirtualAddress(rawValue: address)
        self.symbol = symbol
    }

    /// The operand `bytes` further on, under the same name.
    public func advanced(by bytes: UInt64) -> Operand {
        Operand(address.rawValue &+ bytes, symbol: symbol)
    }
}
