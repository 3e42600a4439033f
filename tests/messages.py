"""Messages for a small model of four rules, written for these tests alone."""

MESSAGES = [
    ("de kraan boven de gootsteen blijft druppen", "tap.drips", []),
    ("drup drup drup de badkamerkraan", "tap.drips", []),
    ("kraan lekt, hij is helemaal versleten", "tap.drips", ["worn"]),
    ("de oude kraan is versleten en drupt", "tap.drips", ["worn"]),
    ("kraan die ik zelf geplaatst heb druppelt", "tap.drips", ["own_addition"]),
    ("water door het dak op zolder", "roof.leak", []),
    ("het dak is lek bij de schoorsteen", "roof.leak", []),
    ("ik ben door het dak gezakt, nu lekt het dak", "roof.leak", ["own_fault"]),
    ("dakraam zelf geplaatst, nu lekt het dak", "roof.leak", ["own_addition"]),
    ("cv ketel in storing, geen warmte", "boiler.fault", []),
    ("de verwarming is koud en de ketel knippert", "boiler.fault", []),
    ("ketel slaat steeds af, foutcode 4", "boiler.fault", []),
    ("huissleutel verloren in het park", "lock.key_lost", []),
    ("mijn sleutels zijn weg", "lock.key_lost", []),
    ("graag een nieuwe sleutel, oude kwijtgeraakt", "lock.key_lost", []),
    ("wanneer gaat de huurverhoging in", "rent", []),
    ("ik kan de huur deze maand niet betalen", "rent", []),
    ("vraag over mijn huur", "rent", []),
]
