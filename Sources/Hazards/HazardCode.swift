/// A cause of wrong data, the same in code, tests, documentation and JSON.
public enum HazardCode: String, CaseIterable, Sendable, Comparable {
    case h01 = "H01"
    case h02 = "H02"
    case h03 = "H03"
    case h04 = "H04"
    case h05 = "H05"
    case h06 = "H06"
    case h07 = "H07"
    case h08 = "H08"
    case h09 = "H09"
    case h10 = "H10"
    case h11 = "H11"
    case h12 = "H12"
    case h13 = "H13"
    case h14 = "H14"
    case h15 = "H15"
    case h16 = "H16"
    case h17 = "H17"
    case h18 = "H18"
    case h19 = "H19"
    case h20 = "H20"
    case h21 = "H21"
    case h22 = "H22"
    case h23 = "H23"
    case h24 = "H24"
    case h25 = "H25"
    case h26 = "H26"
    case h27 = "H27"
    case h28 = "H28"
    case h29 = "H29"
    case h30 = "H30"
    case h31 = "H31"
    case h32 = "H32"
    case h33 = "H33"
    case h34 = "H34"
    case h35 = "H35"
    case h36 = "H36"
    case h37 = "H37"
    case h38 = "H38"
    case h39 = "H39"
    case h40 = "H40"
    case h41 = "H41"
    case h42 = "H42"

    /// Orders codes by number.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// How a hazard was judged.
public enum Verdict: String, CaseIterable, Sendable {
    /// Wrong bytes were read or lost in this very replay.
    case manifest
    /// The architecture allows an order in which bytes go wrong; this replay was lucky.
    case latent
    /// A rule of the DMA API or of the architecture is broken, whatever happens to the bytes.
    case misuse
}
