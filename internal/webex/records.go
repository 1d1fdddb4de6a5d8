package webex

// The members that are read of each kind of record. All others, personal data among them, are skipped.

func decodeOrganization(d *decoder, o *Organization) error {
	return d.record(&o.ID, d.named("displayName", &o.ID, &o.DisplayName))
}

func decodeRole(d *decoder, r *Role) error {
	return d.record(&r.ID, d.named("name", &r.ID, &r.Name))
}

func decodeLocation(d *decoder, l *Location) error {
	return d.record(&l.ID, d.named("name", &l.ID, &l.Name))
}

// named reads a record that has an id and, as the member key, a name.
func (d *decoder) named(key string, id, into *string) func(name []byte) error {
	return func(name []byte) error {
		switch string(name) {
		case "id":
			return d.readID(id)
		case key:
			return d.readString(into)
		}
		return d.skip()
	}
}

func decodeLicense(d *decoder, l *License) error {
	var displayName string
	err := d.record(&l.ID, func(name []byte) error {
		switch string(name) {
		case "id":
			return d.readID(&l.ID)
		case "name":
			return d.readString(&l.Name)
		case "displayName": // the name of the name in older versions of the API
			return d.readString(&displayName)
		case "totalUnits":
			return d.readUnits(&l.Total)
		case "consumedUnits":
			return d.readUnits(&l.Consumed)
		case "consumedByUsers":
			return d.readUnits(&l.ByUsers)
		case "consumedByWorkspaces":
			return d.readUnits(&l.ByWorkspaces)
		case "subscriptionId":
			return d.readString(&l.SubscriptionID)
		case "siteUrl":
			return d.readString(&l.SiteURL)
		case "siteType":
			return d.readString(&l.SiteType)
		case "errors":
			return d.readErrors(&l.Errors)
		}
		return d.skip()
	})
	if l.Name == "" {
		l.Name = displayName
	}
	l.OfferCode = offerCode(l.ID)
	return err
}

func decodePerson(d *decoder, p *Person) error {
	return d.record(&p.ID, func(name []byte) (err error) {
		switch string(name) {
		case "id":
			return d.readID(&p.ID)
		case "locationId":
			return d.readRepeatedID(&p.LocationID)
		case "licenses":
			p.Licenses, p.LicensesKnown, err = d.readLicenses()
			return err
		case "type":
			return d.readInterned(&p.Type)
		case "errors":
			return d.readErrors(&p.Incomplete)
		}
		return d.skip()
	})
}

func decodeWorkspace(d *decoder, w *Workspace) error {
	return d.record(&w.ID, func(name []byte) error {
		switch string(name) {
		case "id":
			return d.readID(&w.ID)
		case "locationId":
			return d.readRepeatedID(&w.LocationID)
		case "calling":
			return d.member("webexCalling", func() error {
				return d.member("licenses", func() (err error) {
					w.Licenses, w.LicensesKnown, err = d.readLicenses()
					return err
				})
			})
		case "errors":
			return d.readErrors(&w.Incomplete)
		}
		return d.skip()
	})
}

// member reads one member of an object, and passes over all others, and over what is no object.
func (d *decoder) member(key string, read func() error) error {
	if d.json.PeekKind() != '{' {
		return d.skip()
	}
	return d.object(func(name []byte) error {
		if string(name) == key {
			return read()
		}
		return d.skip()
	})
}

// record reads an object that must have an id.
func (d *decoder) record(id *string, member func(name []byte) error) error {
	if err := d.object(member); err != nil || *id != "" {
		return err
	}
	return ErrMissingField
}
