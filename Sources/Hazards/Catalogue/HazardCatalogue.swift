/// The pages of all hazards.
///
/// One page for each code. Their files are cut by what goes wrong.
public enum HazardCatalogue {
    /// All pages, in the order of their codes.
    public static let pages: [HazardPage] = [
        h01, h02, h03, h04, h05, h06, h07, h08, h09, h10,
        h11, h12, h13, h14, h15, h16, h17, h18, h19, h20,
        h21, h22, h23, h24, h25, h26, h27, h28, h29, h30,
        h31, h32, h33, h34, h35, h36, h37, h38, h39, h40,
        h41, h42,
    ]

    /// The page of a code.
    ///
    /// - Complexity: O(1).
    public static func page(_ code: HazardCode) -> HazardPage {
        guard let page = pagesByCode[code] else {
            preconditionFailure("no page for \(code.rawValue)")
        }
        return page
    }

    private static let pagesByCode = Dictionary(uniqueKeysWithValues: pages.map { ($0.code, $0) })
}
